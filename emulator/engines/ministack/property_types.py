"""Converts the properties of a stack's resources to the types that their APIs need.

CloudFormation accepts `Timeout: "30"` as well as `Timeout: 30`, and `Value: 5` as text. The types are those of the API
operation that creates the resource, from botocore's models, whose member names are the template's. If a separate
operation creates a part of a resource, the part has its own entry in the table.
"""

import functools
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from agenticai.emulator.engines.ministack.template_text import format_scalar

if TYPE_CHECKING:
    from botocore.model import ServiceModel

OPERATIONS: Mapping[str, tuple[str, str]] = {
    "AWS::ApiGateway::Stage": ("apigateway", "CreateStage"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm"),
    "AWS::DynamoDB::Table": ("dynamodb", "CreateTable"),
    "AWS::Events::Rule": ("events", "PutRule"),
    "AWS::Kinesis::Stream": ("kinesis", "CreateStream"),
    "AWS::Lambda::Alias": ("lambda", "CreateAlias"),
    "AWS::Lambda::EventSourceMapping": ("lambda", "CreateEventSourceMapping"),
    "AWS::Lambda::EventInvokeConfig": ("lambda", "PutFunctionEventInvokeConfig"),
    "AWS::Lambda::Function": ("lambda", "CreateFunction"),
    "AWS::Logs::LogGroup": ("logs", "PutRetentionPolicy"),
    "AWS::SSM::Parameter": ("ssm", "PutParameter"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "CreateSecret"),
    "AWS::SecretsManager::Secret.GenerateSecretString": ("secretsmanager", "GetRandomPassword"),
    "AWS::StepFunctions::StateMachine": ("stepfunctions", "CreateStateMachine"),
}

Properties = Mapping[str, Any]


def convert_property_types(provisioners: Any, *modules: Any) -> None:
    """Have MiniStack convert the properties of resources; `modules` import its functions by name."""
    make: Callable[..., Any] = provisioners._provision_resource
    change: Callable[..., Any] = provisioners._update_resource

    def provision(resource_type: str, logical_id: str, properties: Properties, *args: Any) -> Any:
        return make(resource_type, logical_id, convert_properties(resource_type, properties), *args)

    def update(
        resource_type: str, physical_id: str, old: Properties, new: Properties, *args: Any, **kwargs: Any
    ) -> Any:
        typed_old, typed_new = (convert_properties(resource_type, properties) for properties in (old, new))
        return change(resource_type, physical_id, typed_old, typed_new, *args, **kwargs)

    for module in (provisioners, *modules):
        module._provision_resource, module._update_resource = provision, update


def convert_properties(resource_type: str, properties: Properties) -> Properties:
    """Return a resource's properties with scalars in the types of its API, if this kind of resource is known.

    Raises ValueError if a map of text, such as a function's environment variables, holds anything else.
    """
    converted = _convert_as(resource_type, properties)
    return {name: _convert_as(f"{resource_type}.{name}", value) for name, value in converted.items()}


def _convert_as(type_name: str, value: Any) -> Any:
    if type_name not in OPERATIONS:
        return value
    service, operation = OPERATIONS[type_name]
    return convert(value, _load_model(service).operation_model(operation).input_shape)


def convert(value: Any, shape: Any, path: str = "#") -> Any:
    """Return a value with its scalars in the types of a botocore shape; values that do not fit stay unchanged.

    Raises ValueError as `convert_properties` does; `path` is the value's path in the properties.
    """
    match shape.type_name, value:
        case "structure", dict():
            members = {name.lower(): member for name, member in shape.members.items()}
            return {
                name: convert(part, members[name.lower()], f"{path}/{name}") if name.lower() in members else part
                for name, part in value.items()
            }
        case "map", dict():
            return {name: _convert_entry(part, shape.value, f"{path}/{name}") for name, part in value.items()}
        case "list", list():
            return [convert(part, shape.member, f"{path}/{index}") for index, part in enumerate(value)]
        case "string", bool() | int() | float():
            return format_scalar(value)
        case "boolean", str() if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case (("integer" | "long"), str()) if re.fullmatch(r"[-+]?\d+", value):
            return int(value)
        case (("float" | "double"), str()) if re.fullmatch(r"[-+]?\d+(\.\d+)?", value):
            return float(value)
    return value


def _convert_entry(value: Any, shape: Any, path: str) -> Any:
    if shape.type_name == "string" and not isinstance(value, str | int | float):
        actual = "JSONArray" if isinstance(value, list) else "JSONObject" if isinstance(value, dict) else "Null"
        raise ValueError(f"Properties validation failed: [{path}: expected type: String, found: {actual}]")
    return convert(value, shape, path)


@functools.cache
def _load_model(service: str) -> "ServiceModel":
    from botocore.loaders import Loader  # imported here because it is slow
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"))
