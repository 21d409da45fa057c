-- To which addresses did most bytes leave S3, and for whom?
SELECT sourceipaddress,
       coalesce(useridentity_arn, useridentity_invokedby, useridentity_accountid) AS identity,
       count(*) AS calls,
       count(DISTINCT requestparameters_bucketname) AS buckets,
       sum(CAST(additionaleventdata_bytestransferredout AS double)) AS bytes_out
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND additionaleventdata_bytestransferredout IS NOT NULL
GROUP BY 1, 2
ORDER BY bytes_out DESC, calls DESC, 1, 2
LIMIT 100
