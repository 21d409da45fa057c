-- A summary of each principal, but for the many reads.
SELECT useridentity.arn, useridentity.username,
       array_agg(DISTINCT(eventname) ORDER BY eventname) AS eventnames,
       array_agg(DISTINCT(sourceipaddress) ORDER BY sourceipaddress) AS sourceips
FROM cloudtrail
WHERE eventname <> 'AssumeRole'
  AND eventname NOT LIKE 'Get%'
  AND eventname NOT LIKE 'List%'
  AND eventname NOT LIKE 'Describe%'
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY useridentity.arn, useridentity.principalid, useridentity.username;
