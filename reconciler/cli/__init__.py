"""The command line: one module for each verb. The only place that builds real drivers and stores."""
