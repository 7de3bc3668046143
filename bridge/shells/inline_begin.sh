case $- in
*x*) __bridge_far_text='{ __bridge_far_begin && :; } 2>/dev/null
'$__bridge_far_text ;;
*) __bridge_far_begin ;;
esac
