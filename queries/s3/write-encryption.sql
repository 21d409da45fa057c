-- How are new objects encrypted, and with which keys?
SELECT requestparameters_bucketname AS bucket,
       coalesce(requestparameters_x_amz_server_side_encryption,
                CASE WHEN requestparameters_x_amz_server_side_encryption_customer_algorithm IS NOT NULL
                     THEN 'customer-provided key' END,
                'not asked for') AS encryption,
       requestparameters_x_amz_server_side_encryption_aws_kms_key_id AS kms_key,
       count(*) AS writes
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('PutObject', 'CopyObject', 'CreateMultipartUpload')
  AND errorcode IS NULL
GROUP BY 1, 2, 3
ORDER BY writes DESC, 1, 2, 3
