-- How much happens in each region on each day?
SELECT date,
       awsregion,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY 1, 2
