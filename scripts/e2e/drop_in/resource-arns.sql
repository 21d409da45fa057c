-- What was acted upon, out of the array of resources.
SELECT eventname, t.arn, count(*) AS times
FROM cloudtrail
CROSS JOIN UNNEST(transform(resources, resource -> resource.arn)) AS t(arn)
WHERE t.arn IS NOT NULL
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY eventname, t.arn;
