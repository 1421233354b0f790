"""CloudWatch alarms: the evaluation of their states from datapoints, and the control API's route for them."""
