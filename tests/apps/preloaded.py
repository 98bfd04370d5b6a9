"""What forks of `command` find imported; nothing of TensorFlow is started."""

import os

from tfgen.processes import start_tensorflow

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
start_tensorflow(debug=False)

import tfgen.models.flows.real_nvp  # noqa: E402
import tfgen.run  # noqa: E402, F401
