-- What do the messages of denied calls say, and which kind of policy denied them?
SELECT CASE
           WHEN errormessage LIKE '%explicit deny in a service control policy%' THEN 'service control policy'
           WHEN errormessage LIKE '%explicit deny in a resource control policy%' THEN 'resource control policy'
           WHEN errormessage LIKE '%explicit deny%' THEN 'explicit deny'
           WHEN errormessage LIKE '%permissions boundary%' THEN 'permissions boundary'
           WHEN errormessage LIKE '%no identity-based policy allows%' THEN 'no identity-based policy'
           WHEN errormessage LIKE '%no resource-based policy allows%' THEN 'no resource-based policy'
           WHEN errormessage LIKE '%VPC endpoint policy%' THEN 'VPC endpoint policy'
           ELSE 'not said'
       END AS denied_by,
       eventsource,
       eventname,
       count(*) AS denied,
       min(errormessage) AS example
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (errorcode LIKE '%AccessDenied%' OR errorcode LIKE '%UnauthorizedOperation%')
GROUP BY 1, 2, 3
ORDER BY denied DESC, 1, 2, 3
