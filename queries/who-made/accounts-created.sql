-- Which accounts did the organization gain, by the results that AWS reports?
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(json_extract_scalar(serviceeventdetails, '$.createAccountStatus.state'),
                json_extract_scalar(serviceeventdetails, '$.createManagedAccountStatus.state')) AS state,
       coalesce(json_extract_scalar(serviceeventdetails, '$.createAccountStatus.accountId'),
                json_extract_scalar(serviceeventdetails, '$.createManagedAccountStatus.account.accountId')) AS new_account
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IN ('CreateAccountResult', 'CreateManagedAccount')
ORDER BY eventtimestamp, eventid
