-- Which other accounts call into each account, and what do they do?
SELECT recipientaccountid,
       useridentity_accountid AS calling_account,
       eventsource,
       eventname,
       count(*) AS calls,
       count(errorcode) AS errors,
       count(DISTINCT sourceipaddress) AS ips,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accountid <> recipientaccountid
  AND useridentity_accountid <> 'anonymous'
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, 1, 2, 3, 4
