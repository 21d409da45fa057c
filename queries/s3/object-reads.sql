-- Who reads objects from which buckets, how many, and how many bytes?
SELECT requestparameters_bucketname AS bucket,
       coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_accountid) AS identity,
       count(*) AS reads,
       count(DISTINCT requestparameters_key) AS objects,
       count(errorcode) AS failed,
       sum(CAST(additionaleventdata_bytestransferredout AS double)) AS bytes_out
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname = 'GetObject'
GROUP BY 1, 2
ORDER BY reads DESC, 1, 2
