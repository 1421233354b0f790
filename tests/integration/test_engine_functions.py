"""Functions on the real engine: handlers see exactly what they would see on AWS."""

import os
import uuid
from pathlib import Path

import boto3
import pytest

from agenticai.emulator.process import Engine, start_engine
from tests.integration.cloud import CASSETTES, Cloud, bundle, eventually


class TestFunctions:
    """Handlers see exactly what they would see on AWS."""

    @pytest.mark.control
    def test_the_hosts_environment_does_not_reach_a_handler(self, engine: Engine, tmp_path: Path) -> None:
        host = dict(os.environ) | {"SECRET_OF_THE_HOST": "leak", "PYTHONPATH": "leak", "AWS_PROFILE": "leak"}
        with start_engine(cassettes=CASSETTES, run_dir=tmp_path, environ=host, engine=engine.chosen) as running:
            source = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
            with Cloud(running.endpoint_url) as cloud:
                seen = cloud.invoke(cloud.deploy(source, OWN="value")).payload
        assert seen.keys() - {"_X_AMZN_TRACE_ID"} == {
            *("_HANDLER", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "LANG", "TZ", "PATH", "LD_LIBRARY_PATH", "OWN"),
            *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_ENDPOINT_URL", "AWS_XRAY_CONTEXT_MISSING"),
            *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
            *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
            *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        }
        assert seen["OWN"] == "value"
        assert seen["AWS_ENDPOINT_URL"] == running.endpoint_url

    def test_a_dependency_that_is_not_in_the_bundle_is_missing(self, cloud: Cloud) -> None:
        at_import = cloud.invoke(cloud.deploy("import pydantic\ndef handler(event, context): ...\n"))
        later = cloud.invoke(cloud.deploy("def handler(event, context):\n    import pydantic\n"))
        assert (at_import.error, later.error) == ("Unhandled", "Unhandled")
        assert at_import.payload["errorType"] == "Runtime.ImportModuleError"
        assert at_import.payload["errorMessage"] == "Unable to import module 'app': No module named 'pydantic'"
        assert later.payload["errorType"] == "ModuleNotFoundError"
        assert later.payload["errorMessage"] == "No module named 'pydantic'"

    def test_the_runtime_has_boto3(self, cloud: Cloud) -> None:
        name = cloud.deploy("import boto3\ndef handler(event, context):\n    return boto3.__version__\n")
        assert cloud.invoke(name).payload == boto3.__version__

    def test_a_layer_is_on_the_path_after_the_task_root(self, cloud: Cloud) -> None:
        layer = cloud.lambda_.publish_layer_version(
            LayerName=f"l-{uuid.uuid4().hex[:8]}",
            Content={"ZipFile": bundle(**{"python/of_layer.py": "NAME = 'layer'", "python/app.py": "raise OSError"})},
        )["LayerVersionArn"]
        source = "import of_layer, os, sys\ndef handler(event, context):\n"
        source += "    return [of_layer.NAME, os.environ['LAMBDA_TASK_ROOT'], sys.path]\n"
        name, root, path = cloud.invoke(cloud.deploy(source, layers=(layer,))).payload
        assert (name, path[0]) == ("layer", root)
        assert path[1].endswith("/python")

    @pytest.mark.control
    def test_the_context_is_lambdas(self, cloud: Cloud) -> None:
        source = """
            def handler(event, c):
                return [c.function_name, c.memory_limit_in_mb, c.log_group_name, c.invoked_function_arn,
                        c.aws_request_id, c.get_remaining_time_in_millis(), event]
        """
        name = cloud.deploy(source)
        function, memory, group, arn, request_id, remaining, event = cloud.invoke(name, {"a": [1]}).payload
        assert (function, memory, group) == (name, "128", f"/aws/lambda/{name}")
        assert arn == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
        assert request_id == cloud.finished(name)[0].request_id
        assert 10_000 < remaining <= 30_000
        assert event == {"a": [1]}

    @pytest.mark.control
    def test_what_a_handler_prints_and_logs_is_in_its_log_group(self, cloud: Cloud) -> None:
        source = "import logging\ndef handler(event, context):\n    print('printed')\n    logging.warning('logged')\n"
        name = cloud.deploy(source)
        cloud.invoke(name)
        eventually(lambda: cloud.logged(name))  # LocalStack, like AWS, writes it a moment later
        messages = cloud.logged(name)
        request_id = cloud.finished(name)[0].request_id
        assert messages[0].startswith("START")
        assert messages[1] == "printed"
        assert messages[2].startswith("[WARNING]\t")
        assert messages[2].endswith(f"Z\t{request_id}\tlogged")
        assert messages[-1].startswith("REPORT")

    @pytest.mark.control
    def test_an_error_is_reported_as_lambda_does_and_leaves_the_environment_warm(self, cloud: Cloud) -> None:
        source = (
            "import os\ndef handler(event, context):\n    if event: raise ValueError(event)\n    return os.getpid()\n"
        )
        name = cloud.deploy(source)
        before = cloud.invoke(name).payload
        failed = cloud.invoke(name, "no good")
        assert failed.error == "Unhandled"
        assert (failed.payload["errorType"], failed.payload["errorMessage"]) == ("ValueError", "no good")
        assert "in handler\n    if event: raise ValueError(event)" in failed.payload["stackTrace"][-1]
        assert cloud.invoke(name).payload == before
        assert [done.error_type for done in cloud.finished(name)] == [None, "ValueError", None]
        assert [done.cold_start for done in cloud.finished(name)] == [True, False, False]

    def test_an_exit_ends_the_environment(self, cloud: Cloud) -> None:
        source = "import os, sys\ndef handler(event, context):\n    if event: sys.exit(3)\n    return os.getpid()\n"
        name = cloud.deploy(source)
        before = cloud.invoke(name).payload
        failed = cloud.invoke(name, "go")
        assert failed.payload["errorType"] == "Runtime.ExitError"
        assert failed.payload["errorMessage"].endswith("Runtime exited with error: exit status 3")
        assert cloud.invoke(name).payload != before

    def test_a_result_that_is_no_json_is_an_error(self, cloud: Cloud) -> None:
        failed = cloud.invoke(cloud.deploy("def handler(event, context):\n    return object()\n"))
        assert failed.payload["errorType"] == "Runtime.MarshalError"

    def test_changed_code_replaces_the_warm_environment(self, cloud: Cloud) -> None:
        name = cloud.deploy("def handler(event, context):\n    return 1\n")
        assert cloud.invoke(name).payload == 1
        changed = bundle(**{"app.py": "def handler(event, context):\n    return 2\n"})
        cloud.lambda_.update_function_code(FunctionName=name, ZipFile=changed)
        cloud.lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        assert cloud.invoke(name).payload == 2
