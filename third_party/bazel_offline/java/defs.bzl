"""In place of rules_java; see ../README.md."""

java_import = native.java_import
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
