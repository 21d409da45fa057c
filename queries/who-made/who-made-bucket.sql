-- Who created, emptied of its protection, or deleted this bucket?
-- bucket: amzn-s3-demo-bucket
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       useragent,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('CreateBucket', 'DeleteBucket', 'PutBucketPolicy', 'DeleteBucketPolicy',
                    'PutBucketVersioning', 'PutBucketLifecycle')
  AND requestparameters_bucketname = 'amzn-s3-demo-bucket'
ORDER BY eventtimestamp, eventid
