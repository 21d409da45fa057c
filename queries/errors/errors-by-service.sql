-- Which services fail most often, as a share of their calls, on which day?
SELECT date,
       eventsource,
       count(*) AS calls,
       count(errorcode) AS errors,
       round(100e0 * count(errorcode) / count(*), 2) AS error_percent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource IS NOT NULL
GROUP BY 1, 2
HAVING count(errorcode) > 0
ORDER BY 1, errors DESC, 2
