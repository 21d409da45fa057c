-- The uses of one access key.
SELECT eventtime, eventsource, eventname, sourceipaddress, errorcode
FROM cloudtrail
WHERE useridentity.accesskeyid = '${access_key}'
  AND date BETWEEN '${from}' AND '${to}'
ORDER BY eventtime;
