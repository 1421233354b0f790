"""CloudWatch alarms: the evaluation of their states from datapoints."""
