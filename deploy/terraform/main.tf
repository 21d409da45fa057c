# The same stack as ../cloudformation.yaml, made and changed by Terraform.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

resource "aws_cloudformation_stack" "this" {
  name          = var.name
  template_body = file("${path.module}/../cloudformation.yaml")
  capabilities  = ["CAPABILITY_IAM"]
  parameters = merge(
    {
      SourceBucket = var.source_bucket
      Vpc          = var.vpc_id
      Subnets      = join(",", var.subnet_ids)
    },
    var.parameters,
  )
  tags = var.tags
}

# The question pack, in parts that CloudFormation takes.
resource "aws_cloudformation_stack" "questions" {
  for_each = var.questions ? fileset("${path.module}/..", "questions-*.json") : toset([])

  name          = "${var.name}-${trimsuffix(each.value, ".json")}"
  template_body = file("${path.module}/../${each.value}")
  parameters = {
    Workgroup = aws_cloudformation_stack.this.outputs["WorkgroupName"]
    Database  = lookup(var.parameters, "Database", "security")
    Table     = lookup(var.parameters, "Table", "cloudtrail")
  }
  tags = var.tags
}
