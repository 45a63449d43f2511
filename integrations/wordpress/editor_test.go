package wordpress

import (
	"fmt"
	"testing"
)

func TestMetaBox(t *testing.T) {
	f := wp(t)
	tests := []struct {
		name  string
		user  int64
		nonce bool
		box   bool
		start bool
		want  string
	}{
		{"mark", 1, true, true, false, "1"},
		{"unmark", 1, true, false, true, ""},
		{"without nonce", 1, false, true, false, ""},
		{"not allowed", f.jane, true, true, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := f.eval(t, fmt.Sprintf(`
				wp_set_current_user( 1 );
				$id = wp_insert_post( array( 'post_type' => 'page', 'post_title' => 'Box', 'post_status' => 'draft' ) );
				if ( %t ) { update_post_meta( $id, '_enrolld_course', '1' ); }
				wp_set_current_user( %d );
				if ( %t ) { $_POST['enrolld_course_nonce'] = wp_create_nonce( 'enrolld_course_' . $id ); }
				if ( %t ) { $_POST['enrolld_course'] = '1'; }
				wp_update_post( array( 'ID' => $id, 'post_title' => 'Box, saved' ) );
				echo get_post_meta( $id, '_enrolld_course', true );
				wp_delete_post( $id, true );`, tt.start, tt.user, tt.nonce, tt.box))
			if got != tt.want {
				t.Errorf("mark = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMarkThroughREST(t *testing.T) {
	f := wp(t)
	got := f.eval(t, fmt.Sprintf(`
		wp_set_current_user( 1 );
		$id  = wp_insert_post( array( 'post_type' => 'page', 'post_title' => 'Block',
			'post_status' => 'publish' ) );
		$put = function ( $user, $value ) use ( $id ) {
			wp_set_current_user( $user );
			$request = new WP_REST_Request( 'POST', '/wp/v2/pages/' . $id );
			$request->set_body_params( array( 'meta' => array( '_enrolld_course' => $value ) ) );
			echo rest_do_request( $request )->get_status(), '=', get_post_meta( $id, '_enrolld_course', true ), ' ';
		};
		$put( 1, true );
		$put( %d, false );
		$put( 1, false );
		wp_delete_post( $id, true );`, f.jane))
	if want := "200=1 403=1 200= "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMetaBoxPrints(t *testing.T) {
	f := wp(t)
	got := f.eval(t, fmt.Sprintf(`
		wp_set_current_user( 1 );
		foreach ( array( %d, %d ) as $id ) {
			ob_start();
			Enrolld_Companion::meta_box( get_post( $id ) );
			$box = ob_get_clean();
			echo false !== strpos( $box, 'checked' ) ? 'checked' : 'not', ' ',
				false !== strpos( $box, 'belongs to the course “Sourdough”' ) ? 'below' : 'top', ' ';
		}
		echo implode( Enrolld_Companion::post_states( array(), get_post( %[1]d ) ) );`, f.course, f.lesson))
	if want := "checked top not below Course"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
