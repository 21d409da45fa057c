-- What unusual rates of calls and errors did CloudTrail Insights find?
SELECT eventtimestamp,
       account,
       awsregion,
       json_extract_scalar(insightdetails, '$.state') AS state,
       json_extract_scalar(insightdetails, '$.insightType') AS insight_type,
       json_extract_scalar(insightdetails, '$.eventSource') AS event_source,
       json_extract_scalar(insightdetails, '$.eventName') AS event_name,
       json_extract_scalar(insightdetails, '$.errorCode') AS error_code,
       CAST(json_extract_scalar(insightdetails, '$.insightContext.statistics.baseline.average') AS double) AS usual_per_minute,
       CAST(json_extract_scalar(insightdetails, '$.insightContext.statistics.insight.average') AS double) AS found_per_minute
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventcategory = 'Insight'
ORDER BY eventtimestamp, eventid
