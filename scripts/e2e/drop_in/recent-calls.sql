-- The first look that AWS's documentation takes.
SELECT
 useridentity.arn,
 eventname,
 sourceipaddress,
 eventtime
FROM cloudtrail
WHERE date BETWEEN '${from}' AND '${to}'
LIMIT 100;
