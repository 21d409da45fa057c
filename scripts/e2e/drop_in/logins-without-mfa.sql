-- Console logins that used no second factor.
SELECT eventTime, userIdentity.userName AS username, sourceIPAddress, userAgent,
       json_extract_scalar(additionalEventData, '$.MFAUsed') AS mfa_used
FROM cloudtrail
WHERE eventName = 'ConsoleLogin'
  AND json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success'
  AND json_extract_scalar(additionalEventData, '$.MFAUsed') = 'No'
  AND date BETWEEN '${from}' AND '${to}'
ORDER BY eventTime DESC;
