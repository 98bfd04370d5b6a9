"""What is wrong with a request, in the terms of gRPC and HTTP."""

import grpc

# TensorFlow Serving's own, and three more: bodies that are too large or too
# slow, and clients that go away (nginx's number, for logs alone).
HTTP_STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.DEADLINE_EXCEEDED: 408,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 413,
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INTERNAL: 500,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
}


class RequestError(Exception):
    """A request that cannot be answered; the message says what would be right.

    Attributes:
      code: of gRPC.
      status: of HTTP.
    """

    def __init__(
        self,
        message: str,
        code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT,
        status: int | None = None,
    ):
        """See the attributes; without a status, it is that of the code."""
        super().__init__(message)
        self.code = code
        self.status = status or HTTP_STATUS[code]
