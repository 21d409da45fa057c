output "stack" {
  description = "Outputs of the stack: Destination, RunNow, Backfill, JobRoleArn, AlarmTopic, WorkgroupName, Logs"
  value       = aws_cloudformation_stack.this.outputs
}
