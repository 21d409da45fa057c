-- Failed console logins by region and address.
SELECT awsregion, sourceipaddress, useridentity.username, count(*) AS failures
FROM cloudtrail
WHERE eventname = 'ConsoleLogin'
  AND json_extract_scalar(responseelements, '$.ConsoleLogin') = 'Failure'
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY 1, 2, 3
ORDER BY failures DESC;
