-- Who did what with this bucket?
-- bucket: amzn-s3-demo-bucket
SELECT coalesce(useridentity_arn, useridentity_invokedby, useridentity_accountid) AS identity,
       eventname,
       count(*) AS calls,
       count(errorcode) AS errors,
       count(DISTINCT sourceipaddress) AS ips,
       sum(CAST(additionaleventdata_bytestransferredout AS double)) AS bytes_out,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND requestparameters_bucketname = 'amzn-s3-demo-bucket'
GROUP BY 1, 2
ORDER BY calls DESC, 1, 2
