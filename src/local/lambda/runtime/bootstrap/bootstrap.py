"""Runs Python functions: loads the handler, then fetches one invocation after the other from the Runtime API.

Standard library only, and little of it: every import here is on the path of every cold start.
"""

import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

import _older_botocore

LOG_FD = int(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD"))
JSON_LOG = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
NO_BREAK_SPACE = "\u00a0"

request_id = None


class Fault(Exception):
    """An error of the runtime, as opposed to one that the function raised."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = "Runtime." + kind
        self.trace = trace or []


# ---------------------------------------------------------------- log


def write_frame(message):
    """One frame is one log event: type, length, microseconds, message (_LAMBDA_TELEMETRY_LOG_FD)."""
    body = message.encode("utf-8", "replace")
    head = (0xA55A0003).to_bytes(4, "big") + len(body).to_bytes(4, "big")
    frame = memoryview(head + (time.time_ns() // 1000).to_bytes(8, "big") + body)
    while frame:
        frame = frame[os.write(LOG_FD, frame) :]


class FrameHandler(logging.Handler):
    def emit(self, record):
        record.aws_request_id = request_id or ""
        write_frame(self.format(record))


class JsonFormatter(logging.Formatter):
    plain = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id"}

    def format(self, record):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "timestamp": "%s.%03dZ" % (stamp, record.msecs),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            line["stackTrace"] = traceback.format_tb(record.exc_info[2])
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
        line["requestId"] = record.aws_request_id
        line.update((key, value) for key, value in vars(record).items() if key not in self.plain and key not in line)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging():
    logging.Formatter.converter = time.gmtime
    handler = FrameHandler()
    if JSON_LOG:
        handler.setFormatter(JsonFormatter())
    else:
        line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        handler.setFormatter(logging.Formatter(line, "%Y-%m-%dT%H:%M:%S"))
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
    if level:
        root.setLevel(level)


def log_error(error):
    if JSON_LOG:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return write_frame(json.dumps({"timestamp": stamp, "level": "ERROR", **error}, ensure_ascii=False))
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"]), "Traceback (most recent call last):"]
    for element in error["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    write_frame("\n".join(lines))


# ---------------------------------------------------------------- Runtime API


class RuntimeClient:
    """A client for exactly one server over one connection: its answers always carry a Content-Length."""

    def __init__(self, address):
        host, port = address.split(":")
        self.host = address
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, method, route, body=b"", headers=""):
        length = "Content-Length: %d\r\n" % len(body) if method == "POST" else ""
        head = "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n"
        self.socket.sendall((head % (method, route, self.host, length, headers)).encode("latin-1") + body)

    def receive(self):
        headers = {}
        if not self.file.readline():
            # Without its Runtime API a runtime has no purpose: whoever started it has ended.
            os._exit(1)
        for line in iter(self.file.readline, b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers, self.file.read(int(headers.get("content-length", "0")))

    def next(self):
        self.send("GET", "invocation/next")
        return self.receive()

    def respond(self, route, body):
        headers = ""
        if not sys.platform.startswith("linux"):
            import resource

            # macOS counts in bytes. On Linux the parent reads /proc.
            headers = "Lambda-Runtime-Max-Rss-Kb: %d\r\n" % (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        self.send("POST", route, body, headers)
        self.receive()

    def fail(self, route, error):
        kind = error["errorType"].encode("ascii", "replace").decode("ascii")
        body = json.dumps(error, ensure_ascii=False).encode("utf-8", "replace")
        self.send("POST", route, body, "Lambda-Runtime-Function-Error-Type: %s\r\n" % kind)
        self.receive()


# ---------------------------------------------------------------- handler


def load_handler(name):
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise Fault("MalformedHandlerName", "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace)
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


class Record:
    """An object whose attributes are the members of a JSON object."""

    def __init__(self, members):
        self.__dict__.update(members or {})


class LambdaContext:
    def __init__(self, headers):
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Record({"cognito_identity_id": None, "cognito_identity_pool_id": None})
        self.client_context = None
        text = headers.get("lambda-runtime-client-context")
        if text:
            members = json.loads(text)
            self.client_context = Record({"custom": members.get("custom"), "env": members.get("env")})
            self.client_context.client = Record(members.get("client"))

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))


def as_json(value):
    def other(item):
        import decimal

        if isinstance(item, decimal.Decimal):
            return int(item) if item == item.to_integral_value() else float(item)
        raise TypeError("Object of type %s is not JSON serializable" % type(item).__name__)

    try:
        return json.dumps(value, ensure_ascii=False, default=other).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise Fault("MarshalError", "Unable to marshal response: %s" % error)


def describe(error):
    """The error document that AWS's runtime sends; frames of this file are left out of the trace."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename != __file__ and not frame.filename.startswith("<frozen")]
        kind, trace = type(error).__name__, traceback.format_list(own)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id or "", "stackTrace": trace}


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


def main():
    global request_id
    client = RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
    set_up_logging()
    _older_botocore.watch()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        described = describe(error)
        log_error(described)
        flush()
        client.fail("init/error", described)
        os._exit(1)
    while True:
        headers, body = client.next()
        request_id = headers["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        route = "invocation/%s/" % request_id
        try:
            answer = as_json(handler(json.loads(body), LambdaContext(headers)))
        except Exception as error:
            described = describe(error)
            log_error(described)
            flush()
            client.fail(route + "error", described)
        else:
            flush()
            client.respond(route + "response", answer)
        request_id = None


if __name__ == "__main__":
    main()
