-- Denied calls by service, action and principal.
SELECT count(*) AS TotalEvents, useridentity.arn, eventsource, eventname, errorCode, errorMessage
FROM cloudtrail
WHERE (errorcode like '%Denied%' or errorcode like '%Unauthorized%')
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY eventsource, eventname, errorCode, errorMessage, useridentity.arn
ORDER BY eventsource, eventname;
