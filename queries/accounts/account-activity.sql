-- What happens in each account on each day?
SELECT account,
       date,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count_if(eventcategory = 'Data') AS data_events,
       count(errorcode) AS errors,
       count_if(eventname = 'ConsoleLogin') AS console_logins,
       count(DISTINCT useridentity_arn) AS identities,
       count(DISTINCT awsregion) AS regions
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY 1, 2
