terraform {
required_version=">= 1.3"
required_providers {
aws={
source="hashicorp/aws"
version = ">= 5.0, < 6.0"
}
random = { source="hashicorp/random",version="~> 3.0" }
}
backend "s3" {
bucket="b"
key = "k"
}
}
provider "aws" {
region=var.region
default_tags { tags = local.tags }
assume_role { role_arn="arn:aws:iam::${ data.aws_caller_identity.current.account_id }:role/x" }
}
