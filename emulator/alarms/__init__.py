"""CloudWatch's alarms: how their states follow from the datapoints of a metric, and how the control API tells them."""
