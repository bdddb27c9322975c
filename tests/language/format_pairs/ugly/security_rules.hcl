resource "aws_security_group" "sg" {
name_prefix="sg-"
ingress=[{
from_port=80
to_port = 80 # http
protocol="tcp"
cidr_blocks = ["0.0.0.0/0"]
},
{
from_port = 443
to_port=443 # https
protocol = "tcp"
cidr_blocks=[ "0.0.0.0/0" ]
}]
egress {
from_port=0
to_port = 0
protocol="-1"
cidr_blocks = ["0.0.0.0/0"]
}
lifecycle { create_before_destroy=true }
}
