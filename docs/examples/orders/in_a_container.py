"""The same template on LocalStack in a container, in plain Python."""

import json
from pathlib import Path

from agenticai.emulator.standalone import AgenticAIContainer

with AgenticAIContainer() as stack:
    deployed = stack.deploy(Path(__file__).parent / "template.yaml")
    order = {"id": "1", "article": "a lamp"}
    sqs = stack.client("sqs")
    sqs.send_message(QueueUrl=deployed.resources["OrdersQueue"], MessageBody=json.dumps(order))
    passed_on = sqs.receive_message(QueueUrl=deployed.resources["WarehouseQueue"], WaitTimeSeconds=20)
    print(passed_on["Messages"][0]["Body"], stack.control.usage().calls_by_service)
