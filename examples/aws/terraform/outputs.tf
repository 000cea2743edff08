output "archive_key_arn" {
  description = "encryption::kms_key_arn of the s3_sse_kms exporter."
  value       = aws_kms_key.archive.arn
}

output "spool_key_arn" {
  description = "keys::aws_kms::key_arn of the encrypted_storage extension."
  value       = aws_kms_key.spool.arn
}

output "collector_role_arn" {
  value = aws_iam_role.collector.arn
}

output "collector_instance_profile" {
  description = "Instance profile for the collector's instances; null with a collector_trust_policy."
  value       = one(aws_iam_instance_profile.collector[*].name)
}

output "investigator_role_arn" {
  value = aws_iam_role.investigator.arn
}
