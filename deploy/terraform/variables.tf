variable "name" {
  description = "Name of the stack, and of the Athena workgroup"
  type        = string
  default     = "cloudtrail2parquet"
}

variable "source_bucket" {
  description = "Bucket that CloudTrail delivers to; it is only read"
  type        = string
}

variable "vpc_id" {
  description = "Network of the jobs"
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the jobs"
  type        = list(string)
}

variable "parameters" {
  description = "Any other parameter of the template, by its name there"
  type        = map(string)
  default     = {}
}

variable "questions" {
  description = "Whether to create the question pack as named queries; needs the workgroup"
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of the stacks and of what they create"
  type        = map(string)
  default     = {}
}
