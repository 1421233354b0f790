"""The AWS operation of a request, in each of AWS's protocols."""

import pytest

from agenticai.emulator.http.operations import find_operation
from agenticai.emulator.http.request import Request

SCOPE = "AWS4-HMAC-SHA256 Credential=000000000000/20261123/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def request(method: str, path: str, query: str = "", **headers: str) -> Request:
    return Request(method, path, query, {name.replace("_", "-"): value for name, value in headers.items()})


class TestService:
    def test_from_the_signature(self) -> None:
        assert request("POST", "/", authorization=SCOPE.format("dynamodb")).service == "dynamodb"

    def test_from_a_presigned_query(self) -> None:
        query = "X-Amz-Credential=0%2F20261123%2Fus-east-1%2Fs3%2Faws4_request"
        assert request("GET", "/bucket/key", query).service == "s3"

    @pytest.mark.parametrize("path", ["/_aws/execute-api/abc/prod/health", "/restapis/abc/prod/_user_request_/health"])
    def test_from_the_path_of_a_deployed_api(self, path: str) -> None:
        assert request("GET", path).service == "execute-api"

    def test_none_for_what_is_not_to_aws(self) -> None:
        assert request("GET", "/_ministack/health").service is None


class TestOperation:
    def test_json(self) -> None:
        target = request("POST", "/", x_amz_target="DynamoDB_20120810.TransactWriteItems")
        assert find_operation(target, "dynamodb") == "TransactWriteItems"

    def test_query(self) -> None:
        assert find_operation(request("POST", "/"), "iam", form="Version=1&Action=CreateRole") == "CreateRole"

    def test_rpc(self) -> None:
        path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
        assert find_operation(request("POST", path), "monitoring") == "PutMetricData"

    @pytest.mark.parametrize(
        ("method", "path", "query", "expected"),
        [
            ("PUT", "/b", "", "CreateBucket"),
            ("PUT", "/b/k", "", "PutObject"),
            ("PUT", "/b/projects/k.txt", "partNumber=1&uploadId=2", "UploadPart"),
            ("GET", "/b/k%2Fk", "", "GetObject"),
            ("HEAD", "/b/k", "", "HeadObject"),
            ("GET", "/b", "list-type=2&prefix=p", "ListObjectsV2"),
            ("GET", "/b/", "", "ListObjects"),
            ("GET", "/b", "versions", "ListObjectVersions"),
            ("GET", "/", "", "ListBuckets"),
            ("POST", "/b", "delete", "DeleteObjects"),
            ("POST", "/b/k", "uploads", "CreateMultipartUpload"),
        ],
    )
    def test_s3(self, method: str, path: str, query: str, expected: str) -> None:
        assert find_operation(request(method, path, query), "s3") == expected

    def test_a_required_header_tells_operations_apart(self) -> None:
        assert find_operation(request("PUT", "/b/k", x_amz_copy_source="b/o"), "s3") == "CopyObject"

    def test_other_rest_services(self) -> None:
        assert find_operation(request("POST", "/2015-03-31/functions/f/invocations"), "lambda") == "Invoke"
        assert find_operation(request("GET", "/restapis/abc/stages"), "apigateway") == "GetStages"
        assert find_operation(request("GET", "/v2/apis"), "apigateway") == "GetApis"

    def test_an_unknown_one_is_named_by_its_method(self) -> None:
        assert find_operation(request("PATCH", "/nothing/like/this"), "lambda") == "PATCH"

    def test_a_deployed_api(self) -> None:
        assert find_operation(request("DELETE", "/_aws/execute-api/abc/prod/x"), "execute-api") == "Invoke"
