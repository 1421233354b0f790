"""The entry points by which LocalStack loads these extensions."""

from localstack.runtime import hooks
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class LocalRuntimeExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    """Selected by LAMBDA_RUNTIME_EXECUTOR=local."""

    name = "local"

    def load(self, *_: object, **__: object) -> type:
        from .executor import LocalExecutor

        return LocalExecutor


@aws_provider(api="dynamodb", name="moto")  # type: ignore[untyped-decorator]
def dynamodb_moto() -> Service:
    """Return DynamoDB by moto, selected by PROVIDER_OVERRIDE_DYNAMODB=moto."""
    from localstack.aws.api.dynamodb import DynamodbApi

    from .dynamodb import serialize_operations

    return Service.for_provider(DynamodbApi(), dispatch_table_factory=serialize_operations)


@hooks.on_infra_start()  # type: ignore[untyped-decorator]
def update_functions() -> None:
    """Enable CloudFormation to update functions that have versions and aliases."""
    from localstack.services.cloudformation.engine.v2.change_set_model_executor import ChangeSetModelExecutor
    from localstack.services.lambda_.resource_providers.lambda_alias import LambdaAliasProvider

    from .updates import update_alias, wrap_resource_change

    LambdaAliasProvider.update = update_alias
    change = ChangeSetModelExecutor._execute_resource_change
    ChangeSetModelExecutor._execute_resource_change = wrap_resource_change(change)
