-- Who made the first change in each account and region?
WITH changes AS (
    SELECT account,
           awsregion,
           eventtimestamp,
           eventsource,
           eventname,
           coalesce(useridentity_arn, useridentity_invokedby, useridentity_principalid) AS identity,
           sourceipaddress,
           row_number() OVER (PARTITION BY account, awsregion ORDER BY eventtimestamp, eventid) AS number
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventcategory = 'Management'
      AND readonly = 'false'
      AND errorcode IS NULL
)
SELECT account,
       awsregion,
       eventtimestamp,
       eventsource,
       eventname,
       identity,
       sourceipaddress
FROM changes
WHERE number = 1
ORDER BY account, awsregion
