-- Which buckets or accounts were opened to the public, or lost the block against it?
SELECT eventtimestamp,
       account,
       eventname,
       requestparameters_bucketname AS bucket,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND (eventname = 'PutBucketPolicy'
           AND regexp_like(requestparameters, '"Principal"\s*:\s*("\*"|\{\s*"AWS"\s*:\s*(\[[^\]]*)?"\*")')
       OR eventname IN ('PutBucketAcl', 'PutObjectAcl', 'CreateBucket')
           AND (requestparameters_x_amz_acl LIKE 'public-read%'
                OR requestparameters LIKE '%acs.amazonaws.com/groups/global/%')
       OR eventname IN ('PutAccountPublicAccessBlock', 'PutBucketPublicAccessBlock')
           AND (requestparameters_publicaccessblockconfiguration_blockpublicacls = 'false'
                OR requestparameters_publicaccessblockconfiguration_ignorepublicacls = 'false'
                OR requestparameters_publicaccessblockconfiguration_blockpublicpolicy = 'false'
                OR requestparameters_publicaccessblockconfiguration_restrictpublicbuckets = 'false')
       OR eventname IN ('DeleteAccountPublicAccessBlock', 'DeleteBucketPublicAccessBlock'))
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
