"""`*.test.hcl`: runs that plan or apply a stack with values of their own, and what must be true of it then.

Terraform's language for tests. `bench` reads everything, and a `Trial` evaluates one run; whoever has an engine
carries it out.
"""
