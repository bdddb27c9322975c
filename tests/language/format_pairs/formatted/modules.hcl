module "vpc" {
  source          = "./vpc"
  version         = "~> 5.0"
  name            = local.name
  cidr            = local.vpc_cidr
  azs             = local.azs
  private_subnets = [for k, v in local.azs : cidrsubnet(local.vpc_cidr, 4, k)]
  public_subnets  = [for k, v in local.azs : cidrsubnet(local.vpc_cidr, 8, k + 48)]
  tags = merge(local.tags, {
    "kubernetes.io/role/elb" = 1
  })
  providers = {
    aws   = aws.west
    other = aws.east
  }
  depends_on = [module.a, module.b["x"]]
}
