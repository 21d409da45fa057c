-- Who created which accounts of the organization, and did it succeed?
WITH requests AS (
    SELECT eventtimestamp,
           eventid,
           useridentity_arn,
           sourceipaddress,
           errorcode,
           json_extract_scalar(responseelements, '$.createAccountStatus.id') AS request_id,
           responseelements_createaccountstatus_accountid AS account_id
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventname IN ('CreateAccount', 'CreateGovCloudAccount')
),
results AS (
    SELECT json_extract_scalar(serviceeventdetails, '$.createAccountStatus.id') AS request_id,
           json_extract_scalar(serviceeventdetails, '$.createAccountStatus.state') AS state,
           json_extract_scalar(serviceeventdetails, '$.createAccountStatus.accountId') AS account_id
    FROM cloudtrail
    WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
      AND eventname = 'CreateAccountResult'
)
SELECT requests.eventtimestamp,
       requests.useridentity_arn,
       requests.sourceipaddress,
       requests.errorcode,
       requests.request_id,
       results.state,
       coalesce(results.account_id, requests.account_id) AS account_id
FROM requests
LEFT JOIN results ON results.request_id = requests.request_id
ORDER BY requests.eventtimestamp, requests.eventid
