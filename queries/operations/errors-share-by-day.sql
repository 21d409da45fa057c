-- Which share of each day's calls failed?
WITH calls AS (
  SELECT date, errorcode
  FROM cloudtrail
  WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
)
SELECT date, count(*) AS calls, count(errorcode) AS errors, CAST(count(errorcode) AS double) / count(*) AS share
FROM calls
GROUP BY date
ORDER BY date
