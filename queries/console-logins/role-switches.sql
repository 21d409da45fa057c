-- Who switched roles in the console?
SELECT eventtimestamp,
       account,
       useridentity_arn,
       json_extract_scalar(additionaleventdata, '$.SwitchFrom') AS switched_from,
       sourceipaddress,
       json_extract_scalar(responseelements, '$.SwitchRole') AS outcome
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'SwitchRole'
ORDER BY eventtimestamp, eventid
