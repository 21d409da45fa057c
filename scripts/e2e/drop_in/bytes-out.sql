-- Bytes that left S3, by principal.
SELECT useridentity.arn, sourceipaddress,
       SUM(CAST(json_extract_scalar(additionaleventdata, '$.bytesTransferredOut') AS double)) AS bytes_out,
       MIN(eventtime) AS first_access, MAX(eventtime) AS last_access
FROM cloudtrail
WHERE eventsource = 's3.amazonaws.com' AND eventname = 'GetObject'
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY useridentity.arn, sourceipaddress
HAVING COUNT(*) > 1;
