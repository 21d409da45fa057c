-- How many calls fail in each account and region, and for how many identities?
SELECT account,
       awsregion,
       count(*) AS calls,
       count(errorcode) AS errors,
       count(DISTINCT CASE WHEN errorcode IS NOT NULL THEN useridentity_arn END) AS identities_with_errors,
       round(100e0 * count(errorcode) / count(*), 2) AS error_percent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY errors DESC, 1, 2
