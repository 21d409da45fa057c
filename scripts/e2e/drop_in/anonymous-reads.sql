-- Unsigned requests to a bucket.
SELECT *
FROM cloudtrail
WHERE
    eventsource = 's3.amazonaws.com' AND
    eventname in ('GetObject') AND
    useridentity.accountid LIKE '%anonymous%' AND
    useridentity.arn IS NULL AND
    requestparameters LIKE '%${bucket}%'
    AND date BETWEEN '${from}' AND '${to}';
