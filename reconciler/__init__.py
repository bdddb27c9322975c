"""Amazon ECS's services on a person's own Docker engine, declared in HCL and applied the Terraform way."""

__version__ = "0.1.0"
