-- How many events, changes and errors were there in each hour?
SELECT date_trunc('hour', eventtimestamp) AS hour,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       round(100e0 * count(errorcode) / count(*), 2) AS error_percent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1
ORDER BY 1
