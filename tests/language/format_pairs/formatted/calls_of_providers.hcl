locals {
  a = provider::aws::arn_parse(x)
  b = core::upper("x")
  c = x ? provider::a::b() : provider::c::d()
}
