"""The formatter: from text to tokens, to a text of the same meaning in Terraform's layout. No parser is imported."""
