-- Which AWS services act in each account, by themselves or for someone?
SELECT account,
       useridentity_invokedby AS service,
       useridentity_type,
       count(*) AS calls,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT eventname) AS actions
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_invokedby IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY 1, calls DESC, 2, 3
