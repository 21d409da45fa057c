-- Whose calls fail most, with which errors?
SELECT coalesce(useridentity_arn, useridentity_invokedby, useridentity_principalid) AS identity,
       count(errorcode) AS errors,
       count(*) AS calls,
       round(100e0 * count(errorcode) / count(*), 2) AS error_percent,
       array_join(array_agg(DISTINCT errorcode ORDER BY errorcode)
                  FILTER (WHERE errorcode IS NOT NULL), ', ') AS error_codes
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1
HAVING count(errorcode) > 0
ORDER BY errors DESC, identity
LIMIT 100
